package demo

var europe = []locale{
	{
		tag: "de-DE", zones: "Europe/Berlin", currency: "EUR", weight: 5, company: "% GmbH",
		phones: "+493023125### +496990009### +494066969### +492214710### +498999998###",
		female: "Anna Emma Hannah Mia Sophie Käthe Lena Ursula Renate Gisela Zoë",
		male:   "Ben Jonas Jürgen Jörg Lukas Matthias Günther Björn Karl-Heinz Tobias Uwe Sören",
		family: "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schäfer Köhler Groß Weiß von_der_Heide Krüger",
	},
	{
		tag: "de-AT", zones: "Europe/Vienna", currency: "EUR", weight: 1, company: "% KG", phones: "+43600000####",
		female: "Anna Katharina Elisabeth Theresa Sabine Brigitte Vroni",
		male:   "Maximilian Florian Sepp Franz Andreas Wolfgang Ägidius",
		family: "Gruber Huber Bauer Wagner Steiner Moser Hofer Pichler Eder Nußbaumer",
	},
	{
		tag: "fr-CH", zones: "Europe/Zurich", currency: "CHF", weight: 1, company: "% Sàrl", phones: "+41700000###",
		female: "Chloé Léa Noémie Aurélie Françoise Céline Mélanie",
		male:   "Loïc Nicolas Frédéric Benoît Stéphane Luc Rémy",
		family: "Favre Rochat Müller Bonvin Jaquet Chevalley Dubuis Mottier Perrenoud",
	},
	{
		tag: "fr-FR", zones: "Europe/Paris", currency: "EUR", weight: 4, company: "% et Fils SARL",
		phones: "+331990000## +33261910### +33465710### +33639980### +33536490###",
		female: "Camille Chloé Léa Manon Inès Hélène Zoé Anaïs Geneviève Marie-Claire Océane Françoise",
		male:   "Hugo Louis Jules Raphaël Gaël Étienne François Jean-Luc Noël Théo Maël Aurélien",
		family: "Martin Bernard Dubois Lefèvre Moreau Laurent Lefebvre Garçon D’Aubigné Müller Besançon de_La_Tour Núñez Bâ",
	},
	{
		tag: "en-GB", zones: "Europe/London", currency: "GBP", weight: 4, company: "% & Sons Ltd", style: middleName,
		phones: "+447700900### +442079460### +441632960### +441134960###",
		female: "Olivia Amelia Isla Ava Siân Niamh Charlotte Priya Zainab Grace Eilidh Margaret",
		male:   "Oliver George Arthur Noah Rhys Callum Mohammed Harry Alasdair William Ioan Jamie",
		family: "Smith Jones Taylor Brown Williams Wilson Evans O’Connor MacDonald Patel Fitz-Gerald Hughes",
	},
	{
		tag: "ga-IE", zones: "Europe/Dublin", currency: "EUR", weight: 1, company: "% Teoranta", phones: "+353209100###",
		female: "Aoife Caoimhe Gráinne Róisín Siobhán Órla Bríd", male: "Seán Pádraig Tadhg Ciarán Oisín Séamus Eoghan",
		family: "Ó_Murchú Ó_Súilleabháin Mac_Gabhann Ó_Briain Breathnach Ó_Ceallaigh",
	},
	{
		tag: "es-ES", zones: "Europe/Madrid Atlantic/Canary", currency: "EUR", weight: 3, company: "% e Hijos S.L.", style: twoFamilies,
		phones: "+342000##### +341000#####",
		female: "Lucía María Sofía Martina Begoña Inés Concepción Nuria Pilar",
		male:   "Hugo Martín José Íñigo Álvaro Iván Joaquín Ángel Jesús",
		family: "García Fernández González Rodríguez López Martínez Muñoz Ibáñez Peña Núñez",
	},
	{
		tag: "pt-PT", zones: "Europe/Lisbon Atlantic/Azores", currency: "EUR", weight: 1, company: "% Lda.", style: twoFamilies,
		phones: "+351900000### +3512000#####",
		female: "Matilde Leonor Conceição Inês Lúcia Beatriz", male: "João Afonso Tomás Gonçalo António Estêvão",
		family: "Silva Santos Ferreira Gonçalves Magalhães Araújo Conceição",
	},
	{
		tag: "it-IT", zones: "Europe/Rome", currency: "EUR", weight: 3, company: "Fratelli % S.r.l.", phones: "+39300000####",
		female: "Sofia Giulia Aurora Chiara Niccolina Maria_Grazia Noemi Ilaria", male: "Leonardo Francesco Niccolò Giosuè Matteo Lorenzo Elia Gianluca",
		family: "Rossi Russo Ferrari Esposito Bianchi De_Luca D’Angelo Nicolò Dell’Acqua Forlì",
	},
	{
		tag: "nl-NL", zones: "Europe/Amsterdam", currency: "EUR", weight: 2, company: "% B.V.", phones: "+31600000####",
		female: "Emma Saar Zoë Daniëlle Loïs Fleur Anneke", male: "Daan Sem Jelle Daniël Koen René Jan-Willem",
		family: "de_Jong Jansen de_Vries van_den_Berg Bakker van_’t_Hof Visser Ruÿs",
	},
	{
		tag: "sv-SE", zones: "Europe/Stockholm", currency: "SEK", weight: 2, company: "% & Söner AB", phones: "+4684650040## +4631390060# +46701740605",
		female: "Alice Maja Åsa Märta Ebba Linnéa Freja", male: "Åke Gösta Lars Elias Björn Håkan Örjan",
		family: "Andersson Johansson Öberg Åkerström Lindström Sjögren Hägg Nyström",
	},
	{
		tag: "nb-NO", zones: "Europe/Oslo", currency: "NOK", weight: 1, company: "% AS", phones: "+4720######",
		female: "Nora Sigrid Åse Ragnhild Solveig Bjørg", male: "Jakob Håkon Bjørn Øystein Søren Pål",
		family: "Hansen Bjørnstad Ødegård Aasen Sørlie Nygård",
	},
	{
		tag: "is-IS", zones: "Atlantic/Reykjavik", currency: "ISK", weight: 1, company: "% ehf.", style: patronymic, phones: "+3546100###",
		female: "Guðrún Sigríður Þórdís Björk Ásta Hrafnhildur", male: "Jón Sigurður Þór Ægir Ólafur Gunnar",
		family: "Jóns Sigurðar Guðmundar Þórs Ólafs Einars Kristjáns",
	},
	{
		tag: "pl-PL", zones: "Europe/Warsaw", currency: "PLN", weight: 2, company: "% sp. z o.o.", phones: "+482000#####",
		female: "Zofia Łucja Małgorzata Agnieszka Żaneta Grażyna", male: "Stanisław Łukasz Paweł Wojciech Bogusław Grzegorz",
		family: "Nowak Kowalski Wiśniewski Wójcik Zieliński Dąbrowski Żuraw Gołąb", familyFemale: "Nowak Kowalska Wiśniewska Wójcik Zielińska Dąbrowska Żuraw Gołąb",
	},
	{
		tag: "cs-CZ", zones: "Europe/Prague", currency: "CZK", weight: 1, company: "% s.r.o.", phones: "+420600000###",
		female: "Eliška Kateřina Božena Zdeňka Šárka", male: "Jiří Tomáš Ondřej Zdeněk Lukáš",
		family: "Novák Svoboda Dvořák Černý Procházka Kučera", familyFemale: "Nováková Svobodová Dvořáková Černá Procházková Kučerová",
	},
	{
		tag: "hu-HU", zones: "Europe/Budapest", currency: "HUF", weight: 1, company: "% és Társa Kft.", phones: "+361000#####",
		female: "Zsófia Ágnes Erzsébet Boglárka Tünde", male: "László Gergő Zoltán Ödön Ádám", family: "Nagy Kovács Tóth Szabó Horváth Szűcs Kőszegi",
	},
	{
		tag: "tr-TR", zones: "Europe/Istanbul", currency: "TRY", weight: 2, company: "% Ticaret A.Ş.", phones: "+902000######",
		female: "Zeynep Elif Ayşe Gülşen Çiğdem İpek", male: "Mehmet Yiğit Çağlar İbrahim Oğuz Işık", family: "Yılmaz Kaya Demir Şahin Çelik Öztürk Aydın Güneş",
	},
	{
		tag: "uk-UA", zones: "Europe/Kyiv", currency: "UAH", weight: 2, company: "ТОВ «%»", phones: "+3802000#####",
		female: "Олена=olena Наталія=nataliia Оксана=oksana Їлена=yilena Ганна=hanna Юлія=yuliia",
		male:   "Олександр=oleksandr Андрій=andrii Тарас=taras Євген=yevhen Ігор=ihor Сергій=serhii",
		family: "Шевченко=shevchenko Коваленко=kovalenko Бондаренко=bondarenko Ткачук=tkachuk Мельник=melnyk Ґудзь=gudz",
	},
	{
		tag: "bg-BG", zones: "Europe/Sofia", currency: "EUR", weight: 1, company: "% ЕООД", phones: "+3591000####",
		female: "Мария=maria Иванка=ivanka Елена=elena Цветелина=tsvetelina Йорданка=yordanka", male: "Георги=georgi Иван=ivan Димитър=dimitar Николай=nikolay Стоян=stoyan",
		family: "Иванов=ivanov Георгиев=georgiev Димитров=dimitrov Петров=petrov Стоянов=stoyanov", familyFemale: "Иванова=ivanova Георгиева=georgieva Димитрова=dimitrova Петрова=petrova Стоянова=stoyanova",
	},
	{
		tag: "sr-Cyrl-RS", zones: "Europe/Belgrade", currency: "RSD", weight: 1, company: "% д.о.о.", phones: "+3812000#####",
		female: "Јелена=jelena Љубица=ljubica Милица=milica Ђурђа=djurdja Ана=ana", male: "Никола=nikola Ђорђе=djordje Милош=milos Љубомир=ljubomir Јован=jovan",
		family: "Јовановић=jovanovic Петровић=petrovic Николић=nikolic Ђорђевић=djordjevic Живковић=zivkovic",
	},
	{
		tag: "el-GR", zones: "Europe/Athens", currency: "EUR", weight: 2, company: "Αφοί % Ε.Ε.", phones: "+30600000####",
		female: "Μαρία=maria Ελένη=eleni Κατερίνα=katerina Βασιλική=vasiliki Αγγελική=angeliki Χρυσάνθη=chrysanthi",
		male:   "Γιώργος=giorgos Δημήτρης=dimitris Κωνσταντίνος=konstantinos Νίκος=nikos Αθανάσιος=athanasios Σπύρος=spyros",
		family: "Παπαδόπουλος=papadopoulos Οικονόμου=oikonomou Βλάχος=vlachos Γεωργίου=georgiou Ψαράς=psaras", familyFemale: "Παπαδοπούλου=papadopoulou Οικονόμου=oikonomou Βλάχου=vlachou Γεωργίου=georgiou Ψαρά=psara",
	},
	{
		tag: "ka-GE", zones: "Asia/Tbilisi", currency: "GEL", weight: 1, company: "შპს %", phones: "+9952000#####",
		female: "ნინო=nino თამარ=tamar ქეთევან=ketevan მარიამ=mariam ლელა=lela", male: "გიორგი=giorgi ლევან=levan დავით=davit ზურაბ=zurab ვახტანგ=vakhtang",
		family: "ბერიძე=beridze კაპანაძე=kapanadze გელაშვილი=gelashvili მაისურაძე=maisuradze ჯაფარიძე=japaridze",
	},
	{
		tag: "hy-AM", zones: "Asia/Yerevan", currency: "AMD", weight: 1, company: "«%» ՍՊԸ", phones: "+3742000####",
		female: "Անի=ani Մարիամ=mariam Նարե=nare Լուսինե=lusine Գայանե=gayane", male: "Արամ=aram Տիգրան=tigran Հայկ=hayk Դավիթ=davit Գոռ=gor",
		family: "Սարգսյան=sargsyan Հարությունյան=harutyunyan Գրիգորյան=grigoryan Պետրոսյան=petrosyan",
	},
}
