package demo

// The Americas, Africa and Oceania.
var others = []locale{
	{
		tag: "en-US", zones: "America/New_York America/Chicago America/Denver America/Los_Angeles", currency: "USD", weight: 7, company: "% & Co. LLC", style: middleName,
		phones: "+121255501## +141555501## +131255501## +130355501## +120655501## +161755501##",
		female: "Emily Olivia Madison Ashley Jennifer LaToya María Aaliyah Mei-Ling Sarah Guadalupe Brianna",
		male:   "James Michael William DeShawn José Ethan Tyler Ravi Christopher Jesús Logan Kai",
		family: "Smith Johnson Williams Brown García Miller Davis Nguyen O’Brien Washington Rodríguez Kim McAllister Van_Buren",
	},
	{
		tag: "en-CA", zones: "America/Toronto America/Vancouver America/St_Johns", currency: "CAD", weight: 1, company: "% Outfitters Inc.", phones: "+141655501## +160455501##",
		female: "Avery Sophie Anika Hannah Tanya", male: "Liam Noah Gurpreet Ethan Connor", family: "Tremblay Singh MacLeod Wong Martin Campbell",
	},
	{
		tag: "fr-CA", zones: "America/Toronto", currency: "CAD", weight: 1, company: "Groupe % inc.", phones: "+151455501## +141855501##",
		female: "Maélie Océane Geneviève Noémie Joëlle", male: "Félix Émile Jean-François Loïc Étienne", family: "Tremblay Gagné Côté Bélanger Lévesque St-Onge",
	},
	{
		tag: "es-MX", zones: "America/Mexico_City America/Tijuana", currency: "MXN", weight: 3, company: "Grupo % S.A. de C.V.", style: twoFamilies, phones: "+524000######",
		female: "Guadalupe Ximena Valentina Sofía Xóchitl Renata", male: "José_Luis Santiago Ángel Cuauhtémoc Jesús Emiliano",
		family: "Hernández García Martínez López Ramírez Peña Xicoténcatl Treviño",
	},
	{
		tag: "es-AR", zones: "America/Argentina/Buenos_Aires", currency: "ARS", weight: 1, company: "% Hnos. S.R.L.", phones: "+54900000#####",
		female: "Martina Milagros Agustina Belén Lucía", male: "Thiago Facundo Nicolás Joaquín Matías", family: "Fernández Álvarez Gómez Pérez Giménez Bianchi",
	},
	{
		tag: "pt-BR", zones: "America/Sao_Paulo America/Manaus America/Recife", currency: "BRL", weight: 3, company: "% Comércio Ltda.", style: twoFamilies, phones: "+55100000#####",
		female: "Júlia Conceição Luíza Aparecida Thaís Letícia", male: "João Antônio Luís César Enzo Sebastião", family: "Silva Souza Araújo Gonçalves Magalhães Assunção",
	},
	{
		tag: "en-NG", zones: "Africa/Lagos", currency: "NGN", weight: 2, company: "% Ventures Ltd", phones: "+2342000######",
		female: "Adébáyọ̀ Ngozi Chịmamanda Fọláké Amina Ọmọlará", male: "Olúwaṣeun Chukwuemeka Ìbùkún Musa Ọláwálé Emeka",
		family: "Adéyẹmí Okonkwo Ògúnbánjọ Bello Eze Abúbakar",
	},
	{
		tag: "am-ET", zones: "Africa/Addis_Ababa", currency: "ETB", weight: 1, company: "% ትሬዲንግ", style: fatherName, phones: "+2512000#####",
		female: "አበባ=abeba ሰላም=selam ትዕግስት=tigist ሳራ=sara", male: "አበበ=abebe ዳዊት=dawit ኃይሌ=haile ተስፋዬ=tesfaye", family: "ከበደ=kebede",
	},
	{
		tag: "sw-KE", zones: "Africa/Nairobi", currency: "KES", weight: 1, company: "% Enterprises", phones: "+2543000#####",
		female: "Wanjiru Akinyi Amani Zawadi Njeri", male: "Kamau Otieno Baraka Juma Kipchoge", family: "Mwangi Odhiambo Kiprotich Ng’ang’a Wekesa",
	},
	{
		tag: "zu-ZA", zones: "Africa/Johannesburg", currency: "ZAR", weight: 1, company: "% Trading (Pty) Ltd", phones: "+27300000###",
		female: "Nomvula Thandiwe Zanele Lerato", male: "Sipho Thabo Mandla Bongani", family: "Nkosi Dlamini Khumalo van_der_Merwe Mkhize",
	},
	{
		tag: "en-AU", zones: "Australia/Sydney Australia/Perth Australia/Adelaide", currency: "AUD", weight: 2, company: "% Pty Ltd", phones: "+6125550#### +6127010####",
		female: "Charlotte Isla Matilda Kirra Chloe", male: "Oliver Jack Lachlan Jarrah Cooper", family: "Smith Nguyen Wilson O’Reilly Papadopoulos Kelly",
	},
	{
		tag: "mi-NZ", zones: "Pacific/Auckland", currency: "NZD", weight: 1, company: "% me ngā Tama", phones: "+64100######",
		female: "Aroha Mārama Hinemoa Anahera", male: "Tāne Wiremu Rāwiri Tāmati", family: "Ngata Parāone Te_Whare Pōtae",
	},
}
